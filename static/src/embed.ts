// The entry for pages of other sites, `/embed/causerie.js`: it defines the public elements. Each one's
// own code is fetched when the element first stands in a page.
import embed from "../locales/en.embed.json";
import { extend } from "./core/i18n.js";
import { joinChat } from "./embed/chat.js";
import { definePart, type Part } from "./embed/part.js";
import "./embed/provider.js";
import { boxEverything } from "./ui/fit.js";

extend(embed);
boxEverything();

const creator = (): Promise<unknown> => import("./pages/creator.js");

const PARTS: readonly Part[] = [
  {
    name: "causerie-chat",
    load: () => import("./pages/chat.js"),
    attributes: ["conversation", "agent", "preset", "compact"],
    kind: "whole",
    parts: "sidebar, header, thread, composer",
    joined: joinChat,
    // What was shown is nobody's here.
    left: (chat) => chat.removeAttribute("conversation"),
  },
  { name: "causerie-quota", load: () => import("./pages/quota.js"), attributes: ["compact"] },
  { name: "causerie-usage", load: () => import("./pages/overview.js"), attributes: ["range"] },
  { name: "causerie-presets", load: () => import("./pages/presets.js"), attributes: ["preset"] },
  { name: "causerie-write", load: creator, attributes: ["preset"] },
  { name: "causerie-fans", load: creator, attributes: ["creator"] },
  { name: "causerie-captions", load: creator, attributes: ["creator"] },
  { name: "causerie-sales", load: creator, attributes: ["creator"] },
  { name: "causerie-insights", load: creator, attributes: ["creator"] },
  { name: "causerie-live-costs", load: () => import("./pages/costs.js"), attributes: ["range", "group", "filters"] },
];

for (const part of PARTS) definePart(part);
