import { ConfigError } from "../core/errors.ts";
import type { Database } from "./database.ts";

/**
 * The database's form, step by step; the position in this list is the version. Released steps never change. Every table
 * and key carries `app_id`: one file may serve several bots.
 */
export const migrations: readonly string[] = [
  `
  -- state: stored (no turn) | pending | done | absorbed | dead. due_at: not before, for retries.
  CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    id TEXT NOT NULL,
    dedupe_keys TEXT NOT NULL,
    type TEXT NOT NULL,
    lane TEXT,
    received_at INTEGER NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    error TEXT
  );
  CREATE INDEX event_of_app ON event (app_id);
  CREATE INDEX event_pending ON event (app_id, lane, position) WHERE state = 'pending';
  CREATE INDEX event_dead ON event (app_id) WHERE state = 'dead';

  CREATE TABLE dedupe (
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
  ) WITHOUT ROWID;
  CREATE INDEX dedupe_by_age ON dedupe (app_id, seen_at);

  CREATE TABLE lease (
    app_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (app_id, lane)
  ) WITHOUT ROWID;

  CREATE TABLE step (
    app_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    result TEXT,
    PRIMARY KEY (app_id, position, name)
  ) WITHOUT ROWID;

  CREATE TABLE history (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    speaker TEXT,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (app_id, conversation, key)
  );
  CREATE INDEX history_of_conversation ON history (app_id, conversation, position);

  CREATE TABLE send (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    conversation TEXT NOT NULL,
    reply_id TEXT,
    msg_seq INTEGER NOT NULL,
    status TEXT NOT NULL,
    message_id TEXT,
    ref_idx TEXT,
    audit_id TEXT,
    reserved_at INTEGER NOT NULL,
    settled_at INTEGER,
    recalled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (app_id, key)
  );
  CREATE INDEX send_by_age ON send (app_id, reserved_at);
  CREATE INDEX send_of_conversation ON send (app_id, conversation, position) WHERE message_id IS NOT NULL;

  CREATE TABLE reply (
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    reply_id TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, conversation, reply_id)
  ) WITHOUT ROWID;

  CREATE TABLE gateway_session (
    app_id TEXT NOT NULL,
    shard_id INTEGER NOT NULL,
    shard_count INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    intents INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, shard_id, shard_count)
  ) WITHOUT ROWID;

  CREATE TABLE refused_intents (
    app_id TEXT PRIMARY KEY,
    mask INTEGER NOT NULL,
    saved_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE audit (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    scope TEXT NOT NULL,
    outcome TEXT NOT NULL,
    input TEXT NOT NULL
  );
  CREATE INDEX audit_of_app ON audit (app_id);
  `,
  `
  -- key: scene, file_type, sha1 and, for files, the shown name.
  CREATE TABLE file_info (
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    file_info TEXT NOT NULL,
    file_uuid TEXT,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
  ) WITHOUT ROWID;
  `,
  `
  -- Of QQ login and the mini program: app_id is theirs here, not the bot's. state: sha256 of what was handed out.
  CREATE TABLE login_state (
    app_id TEXT NOT NULL,
    state TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, state)
  ) WITHOUT ROWID;

  -- locked_until: while somebody renews it; a refresh token works once.
  CREATE TABLE login (
    app_id TEXT NOT NULL,
    ref TEXT NOT NULL,
    openid TEXT NOT NULL,
    unionid TEXT,
    access_token TEXT NOT NULL,
    refresh_token TEXT,
    expires_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (app_id, ref)
  ) WITHOUT ROWID;

  CREATE TABLE mini_session (
    app_id TEXT NOT NULL,
    ref TEXT NOT NULL,
    openid TEXT NOT NULL,
    session_key TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, ref)
  ) WITHOUT ROWID;
  `,
  `
  -- subject: digest of what is approved. code_digest: sha256 of what was handed out; it works once.
  CREATE TABLE approval (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    code_digest TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX approval_of_subject ON approval (app_id, subject);
  `,
  `
  -- code: the platform's number, of what was refused.
  ALTER TABLE send ADD COLUMN code INTEGER;
  -- refused: of the numbers up to last_seq, those that cost no reply.
  ALTER TABLE reply ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX send_active ON send (app_id, reserved_at) WHERE reply_id IS NULL;
  CREATE INDEX send_reviewed ON send (app_id, audit_id) WHERE audit_id IS NOT NULL;

  -- One row per message handed to the outbox; its parts are rows of send whose key begins with this key and #.
  -- state: open (the parts tell) | held | cancelled | expired. message: the whole of it, while it is held.
  CREATE TABLE outgoing (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    conversation TEXT NOT NULL,
    reply_id TEXT,
    received_at INTEGER,
    text TEXT NOT NULL,
    parts INTEGER NOT NULL,
    state TEXT NOT NULL,
    note TEXT,
    message TEXT,
    held_until INTEGER,
    written_at INTEGER NOT NULL,
    UNIQUE (app_id, key)
  );
  CREATE INDEX outgoing_by_age ON outgoing (app_id, written_at);
  CREATE INDEX outgoing_held ON outgoing (app_id, position) WHERE state = 'held';

  -- What the platform or a person refuses for now: in a conversation, or in a scene.
  CREATE TABLE refusal (
    app_id TEXT NOT NULL,
    place TEXT NOT NULL,
    what TEXT NOT NULL,
    code INTEGER,
    until INTEGER NOT NULL,
    PRIMARY KEY (app_id, place, what)
  ) WITHOUT ROWID;
  `,
  `
  -- Cursors before it have expired. Whatever clears events away, this is told of it.
  CREATE TABLE inbox_lost (app_id TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO inbox_lost SELECT app_id, min(position) - 1 FROM event GROUP BY app_id HAVING count(*) >= 5000;
  CREATE TRIGGER event_lost AFTER DELETE ON event BEGIN
    INSERT INTO inbox_lost VALUES (OLD.app_id, OLD.position)
    ON CONFLICT DO UPDATE SET position = max(position, OLD.position);
  END;

  -- Whom assistants may hear, beside the setting; rule: see protocol/sender-rule.
  CREATE TABLE sender (
    app_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    PRIMARY KEY (app_id, rule)
  ) WITHOUT ROWID;

  -- code: its sha256.
  CREATE TABLE pairing (
    app_id TEXT NOT NULL,
    code TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, code)
  ) WITHOUT ROWID;

  -- Processes that hold gateway connections of the app, for the others to see. holder: see ownerName; status: JSON.
  CREATE TABLE gateway_holder (
    app_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    command TEXT NOT NULL,
    status TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, holder)
  ) WITHOUT ROWID;
  `,
  `
  -- When the next shard of the app may identify, whichever process holds it.
  CREATE TABLE identify_turn (
    app_id TEXT PRIMARY KEY,
    free_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  "CREATE INDEX reply_by_age ON reply (app_id, used_at);",
  `
  -- Messages that grow while they are written. facts: JSON of the row.
  CREATE TABLE stream (
    app_id TEXT NOT NULL,
    message_key TEXT NOT NULL,
    number INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    facts TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, message_key, number)
  ) WITHOUT ROWID;
  CREATE INDEX stream_by_age ON stream (app_id, written_at);
  CREATE INDEX stream_open ON stream (app_id) WHERE is_open = 1;
  `,
  `
  -- What commands changed in a conversation. value: JSON.
  CREATE TABLE conversation_setting (
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (app_id, conversation, name)
  ) WITHOUT ROWID;
  `,
  `
  -- The ids under which a line can be quoted or recalled.
  CREATE TABLE history_ref (
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    ref TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES history (position) ON DELETE CASCADE,
    PRIMARY KEY (app_id, conversation, ref)
  ) WITHOUT ROWID;
  CREATE INDEX history_ref_of_line ON history_ref (position);
  INSERT OR IGNORE INTO history_ref
    SELECT app_id, conversation, substr(key, 5), position FROM history WHERE key GLOB 'msg:?*';
  INSERT OR IGNORE INTO history_ref
    SELECT app_id, conversation, each.value, position
    FROM history, json_each('[' || replace(json_quote(substr(history.key, 6)), ',', '","') || ']') AS each
    WHERE history.key GLOB 'said:?*';

  -- Who spoke: their id. tag: what the model calls them. Until now a line held both in one.
  ALTER TABLE history ADD COLUMN person TEXT;
  CREATE TABLE speaker (
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    id TEXT NOT NULL,
    tag TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, conversation, id),
    UNIQUE (app_id, conversation, tag)
  ) WITHOUT ROWID;
  CREATE INDEX speaker_by_age ON speaker (app_id, seen_at);
  INSERT OR IGNORE INTO speaker
    SELECT app_id, conversation, substr(speaker, instr(speaker, '#') + 1),
      substr(speaker, 1, instr(speaker, '#')) || substr(speaker, -4), max(at)
    FROM history WHERE instr(speaker, '#') > 0 GROUP BY app_id, conversation, speaker;
  UPDATE history SET person = substr(speaker, instr(speaker, '#') + 1),
    speaker = substr(speaker, 1, instr(speaker, '#')) || substr(speaker, -4)
    WHERE instr(speaker, '#') > 0;

  -- Stands for every line up to until, the oldest of them said at since.
  CREATE TABLE summary (
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    text TEXT NOT NULL,
    until INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (app_id, conversation)
  ) WITHOUT ROWID;

  -- about: the id of a person there, or '' for the conversation itself.
  CREATE TABLE note (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    about TEXT NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
  );
  CREATE INDEX note_of_person ON note (app_id, conversation, about, number);
  `,
  `
  -- Model calls of the last days, so that none counts twice. key: of the turn's step.
  CREATE TABLE usage_call (
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
  ) WITHOUT ROWID;
  CREATE INDEX usage_call_by_age ON usage_call (app_id, at);

  -- day: of UTC+8. cost: in the currency of QQ_BOT_PRICES.
  CREATE TABLE usage (
    app_id TEXT NOT NULL,
    day TEXT NOT NULL,
    conversation TEXT NOT NULL,
    person TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost REAL NOT NULL,
    PRIMARY KEY (app_id, day, conversation, person, model)
  ) WITHOUT ROWID;
  CREATE INDEX usage_of_person ON usage (app_id, day, person);

  -- Who was told that the day's budget is used up, by the answer to which event.
  CREATE TABLE usage_told (
    app_id TEXT NOT NULL,
    day TEXT NOT NULL,
    subject TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (app_id, day, subject)
  ) WITHOUT ROWID;
  `,
  `
  -- What is to be said or done later. person: who asked, as the scene knows them; '' for the operator. facts: JSON.
  CREATE TABLE reminder (
    app_id TEXT NOT NULL,
    id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    person TEXT NOT NULL,
    facts TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX reminder_due ON reminder (app_id, due_at);
  `,
  `
  -- person: see protocol/person.
  CREATE TABLE owner (
    app_id TEXT NOT NULL,
    person TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, person)
  ) WITHOUT ROWID;

  -- The one open code by which somebody becomes an owner. digest: see protocol/claim-code. used_by: who did.
  CREATE TABLE claim (
    app_id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by TEXT
  ) WITHOUT ROWID;

  -- An approval that is given in a chat keeps its call, and has no code; subject: "call " and its id. call: JSON of the
  -- operation and its input. secret: signs its buttons. state: waiting | running | settled | denied. word: the event in which
  -- it was decided.
  ALTER TABLE approval ADD COLUMN call_key TEXT;
  ALTER TABLE approval ADD COLUMN conversation TEXT;
  ALTER TABLE approval ADD COLUMN call TEXT;
  ALTER TABLE approval ADD COLUMN secret TEXT;
  ALTER TABLE approval ADD COLUMN state TEXT;
  ALTER TABLE approval ADD COLUMN decided_by TEXT;
  ALTER TABLE approval ADD COLUMN word TEXT;
  ALTER TABLE approval ADD COLUMN outcome TEXT;
  CREATE UNIQUE INDEX approval_call ON approval (app_id, call_key) WHERE call_key IS NOT NULL;
  `,
  `
  -- Who waits to be let in; rule: see protocol/sender-rule. event: in which they first spoke.
  CREATE TABLE introduction (
    app_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    code TEXT NOT NULL,
    event TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, rule)
  ) WITHOUT ROWID;
  `,
];

/**
 * Brings the database to the newest form, one step per transaction: a stop in between loses nothing. Throws ConfigError
 * for a database of a newer program.
 */
export function migrate(database: Database, steps: readonly string[] = migrations): void {
  for (;;) {
    const isDone = database.transaction(() => {
      // Read inside the transaction: another process may be doing the same.
      const version = versionOf(database);
      if (version > steps.length) throw tooNew(version, steps.length);
      const step = steps[version];
      if (step === undefined) return true;
      database.script(step);
      database.script(`PRAGMA user_version = ${version + 1}`);
      return false;
    });
    if (isDone) return;
  }
}

export function versionOf(database: Database): number {
  return database.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
}

function tooNew(version: number, known: number): ConfigError {
  return new ConfigError("QQ_SKILL_HOME", `the database has version ${version}, this program knows up to ${known}`, {
    remedy: "update qq-skill, or set QQ_SKILL_HOME to another folder",
  });
}
