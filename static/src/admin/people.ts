// What those are called whose ids stand in lists: asked once, all together; whoever was deleted stays an id.
import type { ReactiveControllerHost } from "lit";

import type { Api } from "../core/api.js";
import type { UserPage } from "../core/wire.gen.js";
import { named } from "./scope.js";

/** As many as the server tells of at once. */
const MOST = 100;

export class People {
  private names: ReadonlyMap<string, string> = new Map();
  private readonly asked = new Set<string>();

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly api: () => Api,
  ) {}

  /** Resolves when every name is known: a list that waits for it does not change under the reader's eyes. */
  async learn(ids: Iterable<string | null | undefined>): Promise<void> {
    const strangers = [...new Set(ids)].filter((id): id is string => !!id && !this.asked.has(id));
    for (const id of strangers) this.asked.add(id);
    while (strangers.length) {
      const query = new URLSearchParams({ id: strangers.splice(0, MOST).join(","), limit: String(MOST) });
      const page = await this.api().get<UserPage>(`/api/admin/users?${query}`).catch(() => undefined);
      if (!page) continue; // the ids say who it was
      const found = page.items.map((user) => [user.id, user.name || user.email || user.externalId || user.id] as const);
      this.names = new Map([...this.names, ...found]);
      this.host.requestUpdate();
    }
  }

  knows(id: string): boolean {
    return this.names.has(id);
  }

  of(id: string): string {
    return this.names.get(id) ?? id;
  }

  /** A text in which ids have become names. */
  in(text: string): string {
    return named(text, this.names);
  }
}
