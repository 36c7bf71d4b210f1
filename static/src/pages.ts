// Which chunk holds which page.
import type { TemplateResult } from "lit";

import type { PageName, Route } from "./core/route.js";
import type { Theme } from "./core/theme.js";

/** What a page's chunk gives: how it is drawn at an address. */
export type View = (route: Route, theme: Theme) => TemplateResult;
type Chunk = () => Promise<{ view: View }>;

/** The page that signs in also stands in a dialog. */
export const doors: Chunk = () => import("./pages/doors.js");
const workspaces: Chunk = () => import("./pages/workspaces.js");
const admin: Chunk = () => import("./pages/admin.js");
const overview: Chunk = () => import("./pages/overview.js");
const creator: Chunk = () => import("./pages/creator.js");
const sections: Chunk = () => import("./pages/sections.js");

/** Pages arrive when they are first looked at, each with those that are like it in a chunk of its own. */
export const PAGES: Readonly<Record<PageName, Chunk>> = {
  "sign-in": doors,
  dashboard: overview,
  chat: () => import("./pages/chat.js"),
  write: creator,
  presets: () => import("./pages/presets.js"),
  fans: creator,
  captions: creator,
  sales: creator,
  insights: creator,
  usage: overview,
  notifications: () => import("./pages/notifications.js"),
  settings: () => import("./pages/settings.js"),
  voice: sections,
  agents: sections,
  replies: sections,
  reports: sections,
  appearance: sections,
  shortcuts: sections,
  webhooks: () => import("./pages/webhooks.js"),
  keys: () => import("./pages/keys.js"),
  workspaces,
  workspace: workspaces,
  costs: () => import("./pages/costs.js"),
  prices: () => import("./pages/prices.js"),
  alerts: () => import("./pages/alerts.js"),
  users: admin,
  user: admin,
  providers: admin,
  audit: admin,
  "sign-up": doors,
  forgot: doors,
  confirm: doors,
  reset: doors,
  invitation: doors,
  "not-found": () => import("./pages/not-found.js"),
};
