import { describe, expect, it } from "vitest";

import { fitting } from "../src/chat/beginnings.js";
import type { AgentList, ConfigurationView, CustomAgentView } from "../src/core/wire.gen.js";

const BUILT_IN = ["assistant", "messaging", "content", "sales", "analytics"].map((name) => ({ name, description: "" }));
const own = (name: string): CustomAgentView => ({ id: name, name, description: "" }) as CustomAgentView;
const configured = { updatedAt: "2026-11-20T00:00:00Z" } as ConfigurationView;
const list = (...items: CustomAgentView[]): AgentList => ({ builtIn: BUILT_IN, items });

describe("where an empty chat begins", () => {
  it("suits anybody as long as nothing is known", () => {
    const names = ["starter1", "starter2", "starter3", "starter4"];
    expect(fitting(undefined, undefined).map((one) => one.own ?? one.name)).toEqual(names);
    expect(fitting(list(), { updatedAt: null } as ConfigurationView).map((one) => one.own ?? one.name)).toEqual(names);
  });

  it("suits a creator who has said how they want to be spoken for", () => {
    expect(fitting(list(), configured).map(({ agent }) => agent)).toEqual(["messaging", "content", "sales", "analytics"]);
  });

  it("offers one's own agents first, and leaves room for the others", () => {
    const found = fitting(list(own("Ada"), own("Bea"), own("Cy")), configured);
    expect(found.map(({ agent }) => agent)).toEqual(["Ada", "Bea", "messaging", "content"]);
  });
});
