"""The words of what is mailed. Nothing that a stranger could have chosen is in them."""

from server.mail.letters import Mail


def confirm_sign_up(to: str, origin: str, secret: str) -> Mail:
    """The secret rides in the fragment, which browsers keep out of requests, logs and referrers."""
    return Mail(
        to=to,
        subject="Confirm your e-mail address",
        text=f"""\
Somebody, most likely you, has signed up at {origin} with this e-mail address.
To confirm it and come in, open this link within 24 hours:

{origin}/confirm#{secret}

If it was not you, do not open it: whoever signed up has chosen the password, and without the link
nobody can use your address.
""",
    )


def known_already(to: str, origin: str) -> Mail:
    return Mail(
        to=to,
        subject="You have an account already",
        text=f"""\
Somebody, most likely you, has tried to sign up at {origin} with this e-mail address, which has an
account already. Sign in here, or ask for a new password if you have forgotten yours:

{origin}/sign-in

If it was not you, do nothing: nothing has changed.
""",
    )


def reset_password(to: str, origin: str, secret: str) -> Mail:
    return Mail(
        to=to,
        subject="Choose a new password",
        text=f"""\
Somebody, most likely you, has asked for a new password at {origin}.
To choose one, open this link within an hour:

{origin}/reset#{secret}

If it was not you, do nothing: your password stays as it is.
""",
    )


def password_changed(to: str, origin: str) -> Mail:
    return Mail(
        to=to,
        subject="Your password was changed",
        text=f"""\
The password of your account at {origin} was changed, and all other browsers were signed out.

If it was not you, choose another one at once: {origin}/sign-in
""",
    )


def invited(to: str, origin: str, link: str) -> Mail:
    return Mail(
        to=to,
        subject="You are invited",
        text=f"""\
Somebody has invited you into their workspace at {origin}.
To join it, open this link within a week, with an account of your own:

{link}

If you do not know of anything like that, do nothing.
""",
    )
