import { StatementSync } from "node:sqlite";

/** While it is full, no transaction of any database in this process begins; reading goes on. */
export class FullDisk {
  isFull = false;
  readonly #usual = StatementSync.prototype.run;

  constructor() {
    const disk = this;
    const usual = this.#usual as (this: StatementSync, ...values: unknown[]) => ReturnType<StatementSync["run"]>;
    StatementSync.prototype.run = function (this: StatementSync, ...values: unknown[]) {
      if (disk.isFull && this.sourceSQL === "BEGIN IMMEDIATE") {
        throw Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });
      }
      return usual.apply(this, values);
    };
  }

  restore(): void {
    StatementSync.prototype.run = this.#usual;
  }
}
