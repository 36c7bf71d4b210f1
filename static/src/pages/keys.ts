// The page of API keys and the frame it stands in, as one chunk.
import "../account/keys.js";
import "../ui/shell.js";
