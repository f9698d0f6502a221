// Trino's grammar as dt-sql-parser has it, asked line by line: {"sql": …} -> {"errors": [message, …]}.
import { TrinoSQL } from 'dt-sql-parser';
import { createInterface } from 'node:readline';

const parser = new TrinoSQL();
for await (const line of createInterface({ input: process.stdin })) {
  const { sql } = JSON.parse(line);
  const found = parser.validate(sql).map((each) => `${each.startLine}:${each.startColumn} ${each.message}`);
  const statements = parser.splitSQLByStatement(sql);
  if (found.length === 0 && statements !== null && statements.length !== 1) found.push(`${statements.length} statements`);
  process.stdout.write(JSON.stringify({ errors: found }) + '\n');
}
