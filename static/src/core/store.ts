import type { ReactiveController, ReactiveControllerHost } from "lit";

/** A value that tells when it has been replaced. Values are never changed in place. */
export class Store<T> {
  private readonly listeners = new Set<{ hear(value: T): void }>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    // Who comes while it is told has seen the new value already.
    const listeners = [...this.listeners];
    for (const listener of listeners) {
      if (!this.listeners.has(listener)) continue;
      try {
        listener.hear(this.current);
      } catch (error) {
        // One that fails keeps nobody else from hearing of it.
        reportError(error);
      }
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.current));
  }

  /** Calls `hear` after each change until the returned function is called. */
  subscribe(hear: (value: T) => void): () => void {
    const listener = { hear };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Renders its host again whenever the chosen part of a store changes. */
export class StoreController<T, S> implements ReactiveController {
  private store: Store<T> | undefined;
  private stop: (() => void) | undefined;
  private seen: S | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly pick: (value: T) => S,
  ) {
    host.addController(this);
  }

  /** Follows another store from now on; the same one again costs nothing. */
  follow(store: Store<T> | undefined): S | undefined {
    if (store !== this.store) {
      this.stop?.();
      this.store = store;
      this.stop = store?.subscribe(() => this.heard());
    }
    this.seen = store && this.pick(store.value);
    return this.seen;
  }

  private heard(): void {
    const next = this.store && this.pick(this.store.value);
    if (!Object.is(next, this.seen)) this.host.requestUpdate();
  }

  hostConnected(): void {
    if (this.store && !this.stop) {
      this.stop = this.store.subscribe(() => this.heard());
      this.host.requestUpdate();
    }
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = undefined;
  }
}
