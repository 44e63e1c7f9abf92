// How the ledger's grid writes days and amounts: in the browser's language, and exactly, from their text.
window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
  ledgerDay: (day) =>
    day ? new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day)) : "",

  ledgerQuantity: (amount) => new Intl.NumberFormat(navigator.languages, { maximumFractionDigits: 8 }).format(amount),

  // Intl does not distinguish GBp from GBP, so it is written after its number.
  ledgerMoney: (amount, currency) => {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 8 };
    return /^[A-Z]{3}$/.test(currency)
      ? new Intl.NumberFormat(navigator.languages, { style: "currency", currency, ...digits }).format(amount)
      : `${new Intl.NumberFormat(navigator.languages, digits).format(amount)} ${currency}`;
  },

  // On a phone, only what identifies a transaction; the rest is in its history and form.
  ledgerColumns: ({ api, clientWidth }) => api.setColumnsVisible(["fees", "currency", "note"], clientWidth >= 640),
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
    // Put the cursor on the values of the row being edited.
    showForm: (editing) => {
      if (editing) {
        document.getElementById("ledger-entry").scrollIntoView();
        document.getElementById("ledger-quantity").focus();
      }
    },
  },
});
