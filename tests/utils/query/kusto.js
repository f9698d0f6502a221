// Microsoft's own reader of KQL, asked line by line: {"tables": …} once, then {"query": …} or {"literal": …}.
// argv[2] is the folder `node_modules` that holds @kusto/language-service-next.
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const vm = require("vm");

const folder = path.join(process.argv[2], "@kusto", "language-service-next");
for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file });
}
let globals = Kusto.Language.GlobalState.Default;

function answer(asked) {
  if (asked.tables) {
    const tables = Object.entries(asked.tables).map(([name, columns]) => {
      const listed = Object.entries(columns).map(([column, kind]) => `['${column}']: ${kind}`);
      return Kusto.Language.Symbols.TableSymbol.From(`(${listed.join(", ")})`).WithName(name);
    });
    globals = globals.WithDatabase(new Kusto.Language.Symbols.DatabaseSymbol.ctor("db", tables));
    return {};
  }
  if (asked.literal !== undefined) {
    return { text: Kusto.Language.KustoFacts.GetStringLiteralValue(asked.literal) };
  }
  const found = Kusto.Language.KustoCode.ParseAndAnalyze(asked.query, globals).GetDiagnostics();
  const errors = [];
  for (let i = 0; i < found.Count; i++) errors.push(`${found.getItem(i).Start}: ${found.getItem(i).Message}`);
  return { errors };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
});
