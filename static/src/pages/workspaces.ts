import { html, type TemplateResult } from "lit";

import type { Route } from "../core/route.js";
import type { Theme } from "../core/theme.js";
import "../workspaces/workspace.js";
import "../workspaces/workspaces.js";
import { framed } from "./frame.js";

export const view = (route: Route, theme: Theme): TemplateResult =>
  framed(
    "workspaces",
    theme,
    route.page === "workspace"
      ? html`<causerie-workspace .workspaceId=${route.id}></causerie-workspace>`
      : html`<causerie-workspaces></causerie-workspaces>`,
  );
