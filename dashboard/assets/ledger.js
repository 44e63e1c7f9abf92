// How the ledger's grid writes days and amounts: in the browser's language, and exactly, from their text.
window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
  ledgerDay: (day) =>
    day ? new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day)) : "",

  ledgerQuantity: (amount) => amount == null ? "" : new Intl.NumberFormat(navigator.languages, { maximumFractionDigits: 8 }).format(amount),

  // Intl does not distinguish GBp from GBP, so it is written after its number.
  ledgerMoney: (amount, currency) => {
    if (amount == null) return "";
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 8 };
    return /^[A-Z]{3}$/.test(currency)
      ? new Intl.NumberFormat(navigator.languages, { style: "currency", currency, ...digits }).format(amount)
      : `${new Intl.NumberFormat(navigator.languages, digits).format(amount)} ${currency}`;
  },

  // Amount, taxes and account stand only where some row needs them. On a narrow screen only what tells one transaction
  // from another does; the rest is in its history and its form.
  ledgerColumns: ({ api }) => {
    const rows = [];
    api.forEachNode(({ data }) => rows.push(data));
    const width = document.getElementById("ledger-grid").clientWidth;
    const hasAmounts = rows.some(({ amount }) => amount != null);
    const isRoomy = width >= (hasAmounts ? 960 : 640);
    const shown = {
      amount: hasAmounts,
      price: width >= 640 || !hasAmounts,
      taxes: isRoomy && rows.some(({ taxes }) => Number(taxes)),
      account: isRoomy && new Set(rows.map(({ account }) => account)).size > 1,
      fees: isRoomy,
      currency: isRoomy,
      note: isRoomy,
    };
    const changed = Object.keys(shown).filter((name) => api.getColumn(name).isVisible() !== shown[name]);
    if (changed.length) {
      api.setColumnsVisible(changed.filter((name) => shown[name]), true);
      api.setColumnsVisible(changed.filter((name) => !shown[name]), false);
      api.sizeColumnsToFit();
    }
  },
});

// A suggestion is chosen by its ticker, and matched by whatever the price source matched.
window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, {
  ledgerEverySuggestion: ({ options }) => options,
  ledgerSuggestion: ({ option }, { descriptions }) =>
    React.createElement(
      "span",
      { className: "suggestion" },
      React.createElement("span", { className: "ticker" }, option.value),
      React.createElement("span", { className: "name" }, descriptions[option.value]),
    ),
});

window.dash_clientside = Object.assign(window.dash_clientside || {}, {
  ledger: {
    // Whoever chose a row to change finds its values under the cursor.
    showForm: (shown) => {
      if (shown) {
        document.getElementById("ledger-entry").scrollIntoView();
        document.getElementById(shown).focus();
      }
    },
  },
});
