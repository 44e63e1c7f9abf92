"""Who somebody is: accounts, passwords, sessions, tokens, sign-in through a provider."""
