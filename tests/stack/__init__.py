"""The whole platform as a person runs it: started once by the launcher, on ports and in a folder of its own."""
