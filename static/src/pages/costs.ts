// The page of live costs and the frame it stands in, as one chunk.
import "../admin/live-costs.js";
import "../ui/shell.js";
