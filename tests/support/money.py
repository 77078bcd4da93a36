"""Amounts in few words."""


def cny(amount):
    return {"currency": "CNY", "amount": amount}
