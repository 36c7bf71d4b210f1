import { describe, expect, it } from "vitest";

import { bytes } from "../src/account/bytes.js";
import { device } from "../src/account/device.js";
import { changes } from "../src/admin/audit-change.js";
import { isOpen, match } from "../src/core/route.js";

describe("a device", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36", "Chrome", "Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge", "Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari", "iPhone"],
    ["Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome", "Android"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 15.5; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox", "macOS"],
    ["curl/8.5.0", "curl", ""],
    ["Mozilla/5.0", "", ""],
    ["", "", ""],
  ])("is recognised in %s", (agent, browser, system) => {
    expect(device(agent)).toEqual({ browser, system });
  });
});

describe("an entry of the audit log", () => {
  it("shows what differs, and what came or went", () => {
    const before = { role: "user", name: "Ada", plan: null, limits: { hour: 5 } };
    const after = { role: "admin", name: "Ada", plan: "pro", limits: { hour: 5 } };
    expect(changes(before, after)).toEqual([
      { name: "role", before: "user", after: "admin" },
      { name: "plan", before: null, after: "pro" },
    ]);
    expect(changes(null, { sessions: 2 })).toEqual([{ name: "sessions", before: undefined, after: 2 }]);
    expect(changes({ suspended: true }, null)).toEqual([{ name: "suspended", before: true, after: undefined }]);
    expect(changes(null, null)).toEqual([]);
    expect(changes(null, { until: null })).toEqual([]);
  });
});

describe("a size", () => {
  it.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [1_400, "1 kB"],
    [1_449_000, "1.4 MB"],
    [25_000_000_000, "25 GB"],
  ])("of %i bytes is %s", (size, words) => expect(bytes(size, "en")).toBe(words));
});

describe("the address of a page", () => {
  it("names it, with what it is about", () => {
    expect(match("/workspaces/01a1-ff/")).toEqual({ page: "workspace", id: "01a1-ff" });
    expect(match("/admin/users/01a1-ff")).toEqual({ page: "user", id: "01a1-ff" });
    expect(match("/settings")).toEqual({ page: "settings" });
    expect(match("/constructor")).toEqual({ page: "not-found", path: "/constructor" });
  });

  it("is open to strangers for the doors alone", () => {
    const open = ["/sign-in", "/sign-up", "/forgot", "/confirm", "/reset", "/invitation", "/settings", "/workspaces", "/admin/users", "/x"]
      .map((path) => match(path).page)
      .filter(isOpen);
    expect(open).toEqual(["sign-in", "sign-up", "forgot", "confirm", "reset", "invitation"]);
  });
});
