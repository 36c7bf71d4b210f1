"""What gets webhooks of Causerie: it checks who sent them, and does each thing once.

pip install standardwebhooks
WEBHOOK_SECRET=whsec_… PORT=8080 python receiver.py
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
BODY_MAX = 64 * 1024

done = set()  # in your database: what was done has to outlive this process


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers["content-length"]), BODY_MAX))
        try:
            event = WEBHOOK.verify(body, dict(self.headers))  # the bytes as they came
        except WebhookVerificationError:
            return self.answer(400)
        if event["id"] not in done:  # whatever arrives may arrive again
            print(event["type"], event["data"], flush=True)
            done.add(event["id"])
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        """What there is to say has been printed."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
