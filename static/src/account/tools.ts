// Tools that agents may use, in words. One that this page does not know keeps its own name.
import { t } from "../core/i18n.js";

export const TOOLS = ["current_time", "search_conversations"] as const;
type Tool = (typeof TOOLS)[number];

const isTool = (name: string): name is Tool => TOOLS.includes(name as Tool);

export const toolName = (name: string): string => (isTool(name) ? t(`tools.${name}`) : name);
