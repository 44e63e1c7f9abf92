// How the ledger's grid writes days and amounts: as the browser's language does, and exactly, out of their text.
window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
  ledgerDay: (day) =>
    day ? new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day)) : "",

  ledgerQuantity: (amount) => new Intl.NumberFormat(navigator.languages, { maximumFractionDigits: 8 }).format(amount),

  // GBp is no code of a currency that Intl knows apart from GBP, so it is written behind its number.
  ledgerMoney: (amount, currency) => {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 8 };
    return /^[A-Z]{3}$/.test(currency)
      ? new Intl.NumberFormat(navigator.languages, { style: "currency", currency, ...digits }).format(amount)
      : `${new Intl.NumberFormat(navigator.languages, digits).format(amount)} ${currency}`;
  },

  // On a phone only what tells one transaction from another; the rest is in its history and its form.
  ledgerColumns: ({ api, clientWidth }) => api.setColumnsVisible(["fees", "currency", "note"], clientWidth >= 640),
});

// A suggestion is chosen by its ticker, and found by whatever the price source found it by.
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
    showForm: (editing) => {
      if (editing) {
        document.getElementById("ledger-entry").scrollIntoView();
        document.getElementById("ledger-quantity").focus();
      }
    },
  },
});
