"""A small made-up market for the files source: a few tickers, a few days, one split."""

from pathlib import Path

# The days of Kiritimati and Pago Pago are never the same: 14 hours before and 11 hours after UTC.
ASSETS = """ticker,name,currency,exchange,quote_type,sector,price_basis,timezone,isin
VTI,Total Market,USD,NYSE,ETF,,as_traded,America/New_York,US9229087690
SPLT,Splitting Inc.,USD,NYSE,EQUITY,Technology,as_traded,America/New_York,
ADJ,Adjusted Inc.,USD,NYSE,EQUITY,Technology,split_adjusted,America/New_York,
PENC,Pence plc,GBp,LSE,EQUITY,Industrials,as_traded,Europe/London,GB00TEST0043
WLD.AS,World,EUR,AMS,ETF,,as_traded,Europe/Amsterdam,IE00TEST0018
WLD.L,World,GBp,LSE,ETF,,as_traded,Europe/London,IE00TEST0018
DUO.DE,Duo,EUR,GER,ETF,,as_traded,Europe/Berlin,LU00TEST0026
DUO.PA,Duo,EUR,PAR,ETF,,as_traded,Europe/Paris,LU00TEST0026
EAST,Far East Ltd.,USD,XKI,EQUITY,Industrials,as_traded,Pacific/Kiritimati,
WEST,Far West Ltd.,USD,XPP,EQUITY,Industrials,as_traded,Pacific/Pago_Pago,
RARE,Rarely Traded Inc.,USD,NYSE,EQUITY,Industrials,as_traded,America/New_York,
SPIN,Spinning Off Inc.,USD,NYSE,EQUITY,Industrials,split_adjusted,America/New_York,
M&M.NS,Tractors,INR,NSI,EQUITY,Industrials,as_traded,Asia/Kolkata,
LONGCOIN35347-USD,Long Coin,USD,CCC,CRYPTOCURRENCY,,as_traded,UTC,
FILS.KW,Fils,KWF,KUW,EQUITY,Industrials,as_traded,Asia/Kuwait,
UNIT,Units Unlimited,USQ,NYSE,EQUITY,Industrials,as_traded,America/New_York,
"""
HEADER = "date,open,high,low,close,adj_close,volume,dividends,splits\n"
PRICES = {
    "VTI": "2024-01-02,100,102,98,100,100,1,,\n2024-01-03,100,103,99,101,101,1,,\n2024-01-05,101,104,100,102,102,1,,\n",
    # Two for one on 3 January: as traded, the price halves.
    "SPLT": "2024-01-02,100,102,98,100,50,1,,\n2024-01-03,50,51,49,50,50,1,,2\n2024-01-05,50,52,48,50,50,1,,\n",
    "ADJ": "2024-01-02,50,51,49,50,50,1,,\n2024-01-03,50,51,49,50,50,1,,2\n",
    "PENC": "2024-01-02,250,255,245,250,250,1,,\n",
    "WLD.AS": "2024-01-02,50,51,49,50,50,1,,\n",
    "WLD.L": "2024-01-02,4000,4100,3900,4000,4000,1,,\n",
    "DUO.DE": "2024-01-02,30,31,29,30,30,1,,\n",
    "DUO.PA": "2024-01-02,30,31,29,30,30,1,,\n",
    "EAST": "2024-01-02,100,102,98,100,100,1,,\n",
    "WEST": "2024-01-02,100,102,98,100,100,1,,\n",
    "RARE": "2024-01-02,100,102,98,100,100,1,,\n",
    # A spin-off on 3 January, which the source books as a split of 1.324.
    "SPIN": "2024-01-02,18,18,18,18,18,1,,\n2024-01-03,18,18,18,18,18,1,,1.324\n",
    "M&M.NS": "2024-01-02,100,102,98,100,100,1,,\n",
    "LONGCOIN35347-USD": "2024-01-02,100,102,98,100,100,1,,\n",
    "FILS.KW": "2024-01-02,900,900,900,900,900,1,,\n",
    "UNIT": "2024-01-02,100,102,98,100,100,1,,\n",
}


def write_market(folder: Path) -> dict[str, str]:
    """Write the market's files into an empty folder; the environment variables that make a service read them."""
    (folder / "prices").mkdir()
    (folder / "macro").mkdir()
    (folder / "assets.csv").write_text(ASSETS)
    for ticker, rows in PRICES.items():
        (folder / "prices" / f"{ticker}.csv").write_text(HEADER + rows)
    return {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "FILES_SOURCE_DIR": str(folder)}
