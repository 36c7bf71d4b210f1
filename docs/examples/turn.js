// Ask something over a WebSocket, show the answer as it comes. Runs in a page, and in Node 22.
// A page elsewhere gets its ticket from its own server, which asks for it with an API key:
//   POST /api/ws-tickets, Authorization: Bearer ck_…   →   data.ticket, good once, for 30 seconds
// A page of this server needs none: its cookie goes along by itself.

export function ask(url, ticket, text, show) {
  const start = {
    type: "turn.start",
    id: "start",
    clientMessageId: crypto.randomUUID(), // sending it again never starts a second turn
    text,
  };
  return new Promise((resolve, reject) => {
    const protocols = ticket ? ["causerie.v1", `bearer.${ticket}`] : ["causerie.v1"];
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`, protocols);
    let shown = "";
    socket.onclose = (closed) => reject(new Error(`closed with ${closed.code}`));
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      switch (event.type) {
        case "session.ready":
          socket.send(JSON.stringify(start));
          break;
        case "turn.delta":
          shown += event.text;
          show(shown);
          break;
        case "turn.snapshot": // authoritative: replaces what we have
          shown = event.text;
          show(shown);
          break;
        case "turn.completed":
        case "turn.failed":
        case "turn.cancelled":
          resolve(event);
          socket.close(1000);
          break;
        case "error":
          reject(new Error(`${event.code}: ${event.message}`));
          socket.close(1000);
          break;
      }
    };
  });
}
