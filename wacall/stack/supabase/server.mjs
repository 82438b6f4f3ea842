// The API in front of the local stand-in for a Supabase project: @supabase/lite on Postgres, with
// what it lacks towards PostgREST added here. Development and tests only.
//
// The launcher writes one line of JSON to stdin when Postgres answers:
//   { port, socket: {dir, port}, user, jwt_secret, publishable_key, secret_key }
// and reads one line of JSON back: { port } or { error }. When stdin closes, this process ends.
// The modules load while Postgres starts, hence the line instead of arguments; it also keeps the
// keys out of the process list.

import { createInterface } from "node:readline";

const say = line => process.stdout.write(JSON.stringify(line) + "\n");
const fail = error => { say({ error }); process.exit(1); };

// Errors of Postgres quote the row: only their names and codes are logged. Nothing but the one line
// may go to stdout: nobody reads it afterwards, and a full pipe would block.
const brief = thing =>
  thing instanceof Error ? `${thing.name} ${thing.code ?? ""}` : `(${typeof thing})`;
for (const level of ["error", "warn", "info", "log", "debug", "trace"]) {
  console[level] = (...things) =>
    process.stderr.write(`${new Date().toISOString()} ${level} ${things.map(brief).join(" ")}\n`);
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`Node.js ${process.versions.node} is too old; 20 or newer is needed (PATH or WACALL_NODE).`);
}

const lines = createInterface({ input: process.stdin });
const firstLine = new Promise(resolve => lines.once("line", resolve));
lines.once("close", () => process.exit(0));

const { serve } = await import("@hono/node-server");
const { App } = await import("@supabase/lite");
const { createPostgresConnection } = await import("@supabase/lite/postgres");

const config = JSON.parse(await firstLine);

// PostgREST writes timestamps as ISO 8601 with a full offset.
const toIso = text => text === null ? text : text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");

// Arguments of functions arrive encoded already: encode once.
const toJson = value => {
  if (typeof value === "string") {
    try { JSON.parse(value); return value; } catch { /* a bare string: encode it below */ }
  }
  return JSON.stringify(value);
};

const asText = value => value instanceof Date ? value.toISOString() : String(value);
const type = (oid, parse, serialize = asText) => ({ to: oid, from: [oid], serialize, parse });

const connection = await createPostgresConnection({
  url: `postgres://${config.user}@localhost:${config.socket.port}/postgres`,
  postgresOptions: {
    path: `${config.socket.dir}/.s.PGSQL.${config.socket.port}`,
    max: 10,
    connect_timeout: 3,
    onnotice() {},
    types: {
      jsonb: type(3802, JSON.parse, toJson),
      timestamptz: type(1184, toIso),
      numeric: type(1700, Number),
    },
  },
});

// SQLSTATEs that it answers as PostgREST does; the others (check violations, raised exceptions)
// it turns into a bare 500. They take its own way for custom errors instead.
const LISTED = /^(23505|23503|23502|42...|22...|21...|55...|53...|25006|PGRST|PT...)$/;
const normalize = connection.normalizeDbError.bind(connection);
connection.normalizeDbError = error => {
  const known = normalize(error);
  const code = known?.code;
  if (typeof code !== "string" || code.length !== 5 || LISTED.test(code)) return known;
  const body = { code, message: known.message, details: known.detail ?? null, hint: known.hint ?? null };
  const status = /^(08|40|57|58|XX|P0(?!001))/.test(code) ? 500 : 400;
  return Object.assign(new Error(JSON.stringify(body)), {
    code: "PGRST",
    detail: JSON.stringify({ status, headers: {} }),
  });
};

// It would grant ALL on every table to anon and authenticated, undoing schema.sql's revokes; the
// roles are there already. It always switches to the key's role then.
connection.ensureRlsContext = async () => true;

const app = new App({
  connection,
  api: { schemas: ["public"], max_rows: 1000 },
  options: { server: { admin: false } },
  auth: {
    enabled: true,
    jwt_secret: config.jwt_secret,
    publishable_key: config.publishable_key,
    secret_key: config.secret_key,
  },
});

// Reading the catalogue and opening connections belong to the start, not to the first call.
const warm = await Promise.all(Array.from({ length: 4 }, () => app.fetch(
  new Request("http://127.0.0.1/rest/v1/calls?select=id&limit=1", {
    headers: { apikey: config.secret_key, authorization: `Bearer ${config.secret_key}` },
  }),
  { peerAddress: "127.0.0.1" },
)));
if (!warm.every(response => response.ok)) {
  fail(`The table calls does not answer (HTTP ${warm[0].status}).`);
}

const server = serve({
  hostname: "127.0.0.1",
  port: config.port,
  fetch: (request, env) => app.fetch(request, { peerAddress: env.incoming.socket.remoteAddress ?? null }),
}, info => say({ port: info.port }));
// Longer than any client keeps an idle connection, so that no request meets a closing one.
server.keepAliveTimeout = 75_000;
server.on("error", error => fail(`Cannot listen on 127.0.0.1:${config.port} (${error.code}).`));
