"""Prompt templates in the chat template of a tokenizer."""

from __future__ import annotations

import re
from dataclasses import replace

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import RecipeError
from sentiment.hub import first_line
from sentiment.zero_shot.templates import TEXT, Template

_MESSAGE = re.compile(r"^(system|user|assistant): (.*?)(?=\n(?:user|assistant): |\Z)", re.M | re.S)
Messages = list[dict[str, str]]


def write_chat(template: Template, tokenizer: PreTrainedTokenizerBase, model: str) -> Template:
    """Write the messages of `template` in the chat template of `tokenizer`.

    The text of the assistant is left open, so that the label words are its next tokens. The result
    holds the special tokens, none of which the tokenizer may add again.

    Args:
        model: its name, for messages.

    Raises:
        RecipeError: the tokenizer has no chat template, or one that cannot be used.
    """
    if not tokenizer.chat_template:
        raise RecipeError(
            f"The tokenizer of {model} has no chat template, so the template {template.name!r} "
            f"does not fit it. Choose another template."
        )
    text, premise = (
        _apply(parse_messages(words), tokenizer, model)
        for words in (template.text, template.premise)
    )
    if text.count(TEXT) != 1:
        raise _unusable(model, "the message of the user is not written once")
    return replace(template, text=text, premise=premise)


def parse_messages(words: str) -> Messages:
    """Parse the messages of a chat, each of which begins with its role on a line of its own."""
    return [{"role": role, "content": content} for role, content in _MESSAGE.findall(words)]


def _apply(messages: Messages, tokenizer: PreTrainedTokenizerBase, model: str) -> str:
    """Apply the chat template; one without system messages gets that one from the user."""
    system, user, assistant = messages
    merged = {**user, "content": f"{system['content']}\n{user['content']}"}
    problem = ""
    for tried in (messages, [merged, assistant]):
        try:
            return str(
                tokenizer.apply_chat_template(tried, tokenize=False, continue_final_message=True)
            )
        except Exception as error:  # a chat template is a program, which can fail in any way
            problem = problem or first_line(error)
    raise _unusable(model, problem)


def _unusable(model: str, reason: str) -> RecipeError:
    return RecipeError(
        f"The chat template of {model} cannot be used: {reason.rstrip('.')}. Choose another "
        f"template."
    )
