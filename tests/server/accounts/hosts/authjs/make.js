// Session cookies as Auth.js and NextAuth.js make them: one for each wish in the first file, its
// name and value (several where it is long) at the same place in the second.
import { readFileSync, writeFileSync } from "node:fs";

import { decode as decode5, encode as encode5 } from "@auth/core/jwt";
import { hkdf } from "@panva/hkdf";
import { EncryptJWT } from "jose";
import { encode as encode4 } from "next-auth/jwt";

// Not exported: what cuts long sessions into several cookies.
import { SessionStore as Store5 } from "./node_modules/@auth/core/lib/utils/cookie.js";
import cookie4 from "./node_modules/next-auth/core/lib/cookie.js";

const quiet = { debug() {} };

async function make({ version, encryption, name, token, secret, maxAge }) {
  if (version === 4) {
    const value = await encode4({ token, secret, maxAge });
    const store = new cookie4.SessionStore({ name, options: {} }, { cookies: {} }, quiet);
    return store.chunk(value, {});
  }
  const value = encryption
    ? await encrypt(encryption, { name, token, secret, maxAge })
    : await encode5({ token, secret, salt: name, maxAge });
  return new Store5({ name, options: {} }, {}, quiet).chunk(value, {});
}

// What @auth/core takes, but only its earlier versions made.
async function encrypt(enc, { name, token, secret, maxAge }) {
  const key = await hkdf("sha256", secret, name, `Auth.js Generated Encryption Key (${name})`, 32);
  const value = await new EncryptJWT(token)
    .setProtectedHeader({ alg: "dir", enc })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + maxAge)
    .encrypt(key);
  await decode5({ token: value, secret, salt: name });
  return value;
}

const [wishes, answers] = process.argv.slice(2);
const made = [];
for (const wish of JSON.parse(readFileSync(wishes, "utf8"))) {
  const cookies = await make(wish);
  made.push(Object.fromEntries(cookies.map(({ name, value }) => [name, value])));
}
writeFileSync(answers, JSON.stringify(made));
