// How the page's scripts are linted: `make check`.

import js from "@eslint/js";
import globals from "globals";

const STATE = "A module keeps no state of its own: it belongs in store.js.";
const DECLARED = ":matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration";
const COLLECTION = "NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet|Array)$/]";

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-implicit-globals": "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    files: ["functions/search/page/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: "Text never becomes markup: see dom.js." })),
        { object: "document", property: "write", message: "Text never becomes markup: see dom.js." },
      ],
    },
  },
  {
    files: ["functions/search/page/*.js"],
    ignores: ["functions/search/page/store.js"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: `${DECLARED}[kind!='const']`, message: STATE },
        { selector: `${DECLARED} > VariableDeclarator > ${COLLECTION}`, message: STATE },
        { selector: `${DECLARED} > VariableDeclarator > ObjectExpression ${COLLECTION}`, message: STATE },
      ],
    },
  },
  { files: ["tests/page/*.js"], languageOptions: { globals: globals.node } },
];
