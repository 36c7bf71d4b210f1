// What a host application's page does with Causerie: each function signs its user in another way,
// says something over a WebSocket and reads over REST whatever came of it.
const causerie = document.querySelector("meta[name=causerie]").content;

const own = async (path, method = "GET") => (await fetch(path, { method })).json();

// One turn. Answers how the socket greeted, what was said, and how it ended.
function say(credential, text) {
  return new Promise((resolve) => {
    const protocols = ["causerie.v1", ...(credential ? [`bearer.${credential}`] : [])];
    const socket = new WebSocket(`${causerie.replace("http", "ws")}/ws`, protocols);
    const told = { answer: "" };
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "session.ready") {
        told.user = event.user;
        const clientMessageId = crypto.randomUUID?.() ?? uuid();
        socket.send(JSON.stringify({ type: "turn.start", id: "1", clientMessageId, text }));
      } else if (event.type === "turn.started") told.conversationId = event.conversationId;
      else if (event.type === "turn.delta") told.answer += event.text;
      else if (event.type === "turn.completed") {
        told.receipt = event.receipt;
        socket.close(1000);
      } else if (event.type === "error" && event.re) {
        told.error = event;
        socket.close(1000);
      }
    };
    socket.onclose = ({ code }) => resolve({ ...told, code });
  });
}

// Insecure origins have no randomUUID.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function read(path, bearer) {
  try {
    const headers = bearer ? { Authorization: `Bearer ${bearer}` } : {};
    const answer = await fetch(causerie + path, { headers, credentials: bearer ? "omit" : "include" });
    const body = await answer.json();
    return { status: answer.status, data: body.data, error: body.error };
  } catch (error) {
    return { blocked: String(error) };
  }
}

async function exchange(ticket) {
  try {
    const answer = await fetch(`${causerie}/api/auth/exchange`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket }),
    });
    return (await answer.json()).data;
  } catch (error) {
    return { blocked: String(error) };
  }
}

const freshTicket = async () => (await own("/ticket")).data.ticket;

window.ways = {
  async byTicket() {
    const said = await say(await freshTicket(), "[demo: fast] by ticket");
    const { token, blocked } = await exchange(await freshTicket());
    if (blocked) return { said, blocked };
    return {
      said,
      me: await read("/api/auth/me", token),
      conversation: await read(`/api/conversations/${said.conversationId}`, token),
    };
  },

  async byToken() {
    const { token } = await own("/token");
    const said = await say(token, "[demo: fast] by token");
    return { said, me: await read("/api/auth/me", token) };
  },

  async byCookie() {
    await fetch("/sign-in", { method: "POST" });
    const said = await say(null, "[demo: fast] by cookie");
    return { said, me: await read("/api/auth/me") };
  },

  // A socket that stays: answers the close code once it ends.
  async stay() {
    const ticket = await freshTicket();
    const socket = new WebSocket(`${causerie.replace("http", "ws")}/ws`, ["causerie.v1", `bearer.${ticket}`]);
    await new Promise((resolve) => (socket.onmessage = resolve));
    window.ended = new Promise((resolve) => (socket.onclose = ({ code }) => resolve(code)));
  },
};
