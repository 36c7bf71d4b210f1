// What those are called whose ids stand in lists: asked once each; whoever was deleted stays an id.
import type { ReactiveControllerHost } from "lit";

import type { Api } from "../core/api.js";
import type { UserView } from "../core/wire.gen.js";
import { named } from "./scope.js";

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
    await Promise.all(
      strangers.map(async (id) => {
        this.asked.add(id);
        const user = await this.api().get<UserView>(`/api/admin/users/${id}`).catch(() => undefined);
        if (!user) return; // deleted: the id is all there is left to say
        this.names = new Map(this.names).set(id, user.name || user.email || user.externalId || id);
        this.host.requestUpdate();
      }),
    );
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
