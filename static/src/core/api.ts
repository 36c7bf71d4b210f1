// REST as the pages use it: the envelope opened, and one error type for every way it can go wrong.

/** A refusal or failure in the words of the one error table (`code`), or `network`: no answer at all. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    readonly status = 0,
    readonly retryAfter: number | undefined = undefined,
    readonly metadata: Record<string, unknown> = {},
    readonly requestId: string | undefined = undefined,
    /** The field at fault, as `$.text`; empty: none. */
    readonly path = "",
  ) {
    super(message);
    this.name = "Problem";
  }
}

const bearing = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

interface Envelope {
  success?: boolean;
  data?: unknown;
  error?: { code?: string; message?: string; retryable?: boolean; path?: string; metadata?: Record<string, unknown> };
  meta?: { requestId?: string };
}

/** What speaks for the user on a page that is not the server's own. */
export interface Credentials {
  /** A fresh one-time ticket, which opens a socket. */
  ticket(): Promise<string>;
  /** What `Authorization` says. */
  bearer(): Promise<string>;
  /** The server did not take `token` any more. */
  forget(token: string): void;
}

export class Api extends EventTarget {
  private readonly blobs = new Map<string, Promise<string>>();

  /** Without `credentials` the browser's cookie speaks for the user, on the server's own pages. */
  constructor(
    readonly base = "",
    private readonly credentials?: Credentials,
  ) {
    super();
  }

  /** Whether addresses of ours can be followed as they are: a cookie goes along, a bearer does not. */
  get linked(): boolean {
    return !this.credentials;
  }

  /** What a picture's `src` may be: the path itself, or its bytes where only a bearer opens them. */
  source(path: string): string | Promise<string> {
    if (this.linked) return path;
    let found = this.blobs.get(path);
    if (!found) {
      found = this.blob(path).then((blob) => URL.createObjectURL(blob));
      found.catch(() => this.blobs.delete(path));
      this.blobs.set(path, found);
    }
    return found;
  }

  async blob(path: string): Promise<Blob> {
    return (await this.send("GET", path, undefined, {}, "*/*")).blob();
  }

  /** Lets go of the pictures that were fetched. */
  close(): void {
    for (const url of this.blobs.values()) void url.then((made) => URL.revokeObjectURL(made), () => undefined);
    this.blobs.clear();
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.call<T>("GET", path, undefined, signal ? { signal } : {});
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>("POST", path, body ?? {});
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>("PUT", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>("PATCH", path, body);
  }

  /** `keepalive` lets the request outlive the page that sends it. */
  delete(path: string, keepalive = false, body?: unknown): Promise<void> {
    return this.call<void>("DELETE", path, body, { keepalive });
  }

  /** Asks for a turn's events instead of its answer alone. What is refused raises `Problem` before the first. */
  async events(path: string, body: unknown, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.send("POST", path, body, { signal }, "text/event-stream");
    if (!response.body) throw new Problem("network", "The server could not be reached.", true);
    return response.body;
  }

  private async call<T>(method: string, path: string, body: unknown, init: RequestInit = {}): Promise<T> {
    const response = await this.send(method, path, body, init);
    const envelope = await this.open(response);
    if (envelope?.success === false) throw this.problem(response, envelope);
    return envelope?.data as T;
  }

  /** Raises `Problem`. A 401 outside signing in is also told as the event `signed-out`. */
  private async send(method: string, path: string, body: unknown, init: RequestInit, accept = "application/json"): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const request: RequestInit = { ...init, method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await this.proven(path, request);
    if (response.ok) return response;
    const problem = this.problem(response, await this.open(response));
    if (response.status === 401 && !path.startsWith("/api/auth/")) {
      this.dispatchEvent(new Event("signed-out"));
    }
    throw problem;
  }

  /** The request with what proves who asks; a bearer that the server does not take is replaced once. */
  async proven(path: string, request: RequestInit): Promise<Response> {
    if (!this.credentials) return this.fetch(path, { ...request, credentials: "same-origin" });
    for (let again = false; ; again = true) {
      const token = await this.token();
      const headers = { ...(request.headers as Record<string, string>), ...bearing(token) };
      const response = await this.fetch(path, { ...request, headers, credentials: "omit" });
      if (response.status !== 401 || again) return response;
      this.credentials.forget(token);
    }
  }

  /** Headers that prove who asks, for requests that `fetch` cannot make; none where a cookie does. */
  async proof(): Promise<Record<string, string>> {
    return this.credentials ? bearing(await this.token()) : {};
  }

  private async token(): Promise<string> {
    try {
      return (await this.credentials?.bearer()) ?? "";
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.dispatchEvent(new Event("signed-out"));
      throw error;
    }
  }

  private async fetch(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(this.base + path, request);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem("network", "The server could not be reached.", true);
    }
  }

  private async open(response: Response): Promise<Envelope | undefined> {
    if (response.status === 204) return { success: true };
    try {
      return (await response.json()) as Envelope;
    } catch {
      return undefined;
    }
  }

  private problem(response: Response, envelope: Envelope | undefined): Problem {
    const after = Number(response.headers.get("Retry-After"));
    const error = envelope?.error ?? {};
    return new Problem(
      error.code ?? (response.status >= 500 ? "unavailable" : "invalid"),
      error.message ?? `The server answered ${response.status}.`,
      error.retryable ?? response.status >= 500,
      response.status,
      Number.isFinite(after) && after > 0 ? after : undefined,
      error.metadata ?? {},
      envelope?.meta?.requestId,
      error.path,
    );
  }
}
