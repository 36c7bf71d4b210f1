// Server-Sent Events out of text that arrives in any pieces. Pure: text in, events out.

export interface ServerSentEvent {
  type: string;
  id: string;
  data: string;
}

export class EventParser {
  private rest = "";
  private type = "";
  private id = "";
  private data: string[] = [];

  /** The events that `text` completes. */
  push(text: string): ServerSentEvent[] {
    const found: ServerSentEvent[] = [];
    this.rest += text;
    for (;;) {
      const end = /\r\n|\n|\r/.exec(this.rest);
      // A carriage return at the very end may be half of a line end.
      if (!end || (end[0] === "\r" && end.index === this.rest.length - 1)) return found;
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      if (line) this.field(line);
      else this.dispatch(found);
    }
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: the server is still there
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.data.push(value);
    else if (name === "event") this.type = value;
    else if (name === "id") this.id = value;
  }

  private dispatch(found: ServerSentEvent[]): void {
    if (this.data.length) found.push({ type: this.type || "message", id: this.id, data: this.data.join("\n") });
    this.type = "";
    this.data = [];
  }
}
