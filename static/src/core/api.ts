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

interface Envelope {
  success?: boolean;
  data?: unknown;
  error?: { code?: string; message?: string; retryable?: boolean; path?: string; metadata?: Record<string, unknown> };
  meta?: { requestId?: string };
}

export class Api extends EventTarget {
  constructor(private readonly base = "") {
    super();
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

  /** Raises `Problem`. A 401 outside signing in is also told as the event `signed-out`. */
  private async call<T>(method: string, path: string, body: unknown, init: RequestInit = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(this.base + path, {
        ...init,
        method,
        headers,
        credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem("network", "The server could not be reached.", true);
    }
    const envelope = await this.open(response);
    if (response.ok && envelope?.success !== false) return envelope?.data as T;
    const problem = this.problem(response, envelope);
    if (response.status === 401 && !path.startsWith("/api/auth/")) {
      this.dispatchEvent(new Event("signed-out"));
    }
    throw problem;
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
