// What is left, for pages of other sites: ours have it in what stands around it.
import "../account/quota.js";
