import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { once } from "../src/admin/keys.js";
import { Api, Problem } from "../src/core/api.js";
import { Shelf } from "../src/core/drafts.js";
import { uuid } from "../src/core/uuid.js";
import { Credentials } from "../src/embed/credentials.js";
import { forBox } from "../src/ui/fit.js";

const BASE = "https://causerie.example";

/** A server that takes each ticket once, and the newest bearer alone. */
class Server {
  readonly spent: string[] = [];
  readonly asked: string[] = [];
  bearer = "";

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (url === `${BASE}/api/auth/exchange`) {
      const { ticket } = JSON.parse(init.body as string) as { ticket: string };
      if (this.spent.includes(ticket)) return Response.json({ error: { code: "unauthenticated", message: "Spent." } }, { status: 401 });
      this.spent.push(ticket);
      this.bearer = `bearer of ${ticket}`;
      return Response.json({ success: true, data: { token: this.bearer, expiresAt: "", user: { id: "u" } } });
    }
    const sent = (init.headers as Record<string, string>)["Authorization"] ?? "";
    this.asked.push(sent);
    return sent === `Bearer ${this.bearer}` && init.credentials === "omit"
      ? Response.json({ success: true, data: 1 })
      : Response.json({ success: false, error: { code: "unauthenticated", message: "No." } }, { status: 401 });
  };
}

describe("credentials of an embedded part", () => {
  let server: Server;
  let given = 0;
  const tickets = async (): Promise<string> => `t${++given}`;

  beforeEach(() => {
    given = 0;
    server = new Server();
    vi.useFakeTimers();
    vi.stubGlobal("fetch", server.fetch);
    vi.stubGlobal("navigator", { onLine: true });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("buy one bearer for all who ask at once, and another before it ends", async () => {
    const api = new Api(BASE, new Credentials(BASE, tickets));
    expect(await Promise.all([api.get("/api/a"), api.get("/api/b"), api.post("/api/c")])).toEqual([1, 1, 1]);
    expect(server.spent).toEqual(["t1"]);
    vi.setSystemTime(Date.now() + 15 * 60_000);
    await api.get("/api/a");
    expect(server.spent).toEqual(["t1", "t2"]);
  });

  it("replace a bearer that is refused, once; then the user is signed out", async () => {
    const api = new Api(BASE, new Credentials(BASE, tickets));
    const out = vi.fn();
    api.addEventListener("signed-out", out);
    await api.get("/api/a");
    server.bearer = "another";
    expect(await api.get("/api/a")).toBe(1);
    expect(out).not.toHaveBeenCalled();
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const answer = await server.fetch(url, init);
      server.bearer = "";
      return answer;
    });
    server.bearer = "";
    await expect(api.get("/api/a")).rejects.toMatchObject({ status: 401 });
    expect(out).toHaveBeenCalledOnce();
  });

  it("say with its reason that the page gave no ticket", async () => {
    for (const source of [async () => "", () => Promise.reject(new Error("nobody"))]) {
      const api = new Api(BASE, new Credentials(BASE, source));
      const out = vi.fn();
      api.addEventListener("signed-out", out);
      await expect(api.get("/api/a")).rejects.toBeInstanceOf(Problem);
      expect(out).toHaveBeenCalledOnce();
    }
  });

  it("do not wait for ever", async () => {
    const asked = new Credentials(BASE, () => new Promise(() => undefined)).ticket();
    const ended = expect(asked).rejects.toMatchObject({ status: 401 });
    await vi.advanceTimersByTimeAsync(15_000);
    await ended;
  });

  it("take nobody for signed out while there is no network", async () => {
    vi.stubGlobal("navigator", { onLine: false });
    const asked = new Credentials(BASE, () => Promise.reject(new TypeError("Failed to fetch"))).ticket();
    await expect(asked).rejects.toMatchObject({ code: "network", status: 0 });
  });
});

describe("in another site's page", () => {
  it("what styles ask of the window is asked of the box", () => {
    expect(forBox("a{} @media (max-width: 720px) { b { block-size: 100dvh } }")).toBe(
      "a{} @container (max-width: 720px) { b { block-size: 100cqb } }",
    );
    const kept = "@media (prefers-reduced-motion: reduce) { a {} }";
    expect(forBox(kept)).toBe(kept);
  });

  it("users of one storage do not read each other's drafts", () => {
    const storage = new Map<string, string>();
    const like = {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => void storage.set(key, value),
      removeItem: (key: string) => void storage.delete(key),
      key: (index: number) => [...storage.keys()][index] ?? null,
      get length() {
        return storage.size;
      },
    };
    const isText = (value: unknown): value is string => typeof value === "string";
    const [ada, bob, own] = ["https://c|ada", "https://c|bob", ""].map((owner) => new Shelf(like, Date.now, owner));
    ada!.write("draft.new", "mine");
    expect(ada!.read("draft.new", isText)).toBe("mine");
    expect(bob!.read("draft.new", isText)).toBeUndefined();
    expect(own!.read("draft.new", isText)).toBeUndefined();
    expect(new Shelf(undefined).read("draft.new", isText)).toBeUndefined();
  });

  it("ids are made without TLS too", () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(once("gift")).toMatch(/^gift [\da-f-]{36}$/);
    expect(uuid()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    vi.unstubAllGlobals();
  });
});
