// How the box looks in which one writes.
import { css } from "lit";

export const composing = css`
:host {
  padding-block-end: calc(12px + env(safe-area-inset-bottom));
}
.box {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 4px;
  padding: 10px 10px 10px 16px;
  border: 1px solid var(--control);
  border-radius: var(--radius-large);
  background: var(--surface);
  transition: border-color var(--state);
}
.box:focus-within {
  border-color: var(--accent);
  box-shadow: 0 0 0 1px var(--accent);
}
textarea {
  inline-size: 100%;
  min-block-size: 28px;
  max-block-size: 40vh;
  max-block-size: 40dvh;
  padding: 2px 0;
  border: 0;
  background: none;
  font-size: 16px;
  line-height: 1.5;
  resize: none;
  field-sizing: content;
}
/* The box around it is drawn as focused, which forced colours do not show. */
textarea:focus-visible {
  outline: none;
}
@media (forced-colors: active) {
  textarea:focus-visible {
    outline: 2px solid Highlight;
  }
}
.foot {
  display: flex;
  align-items: center;
  gap: 8px;
}
.note {
  flex: 1;
  min-inline-size: 0;
  font-size: 12px;
  color: var(--muted);
  white-space: nowrap;
  overflow: hidden;
  text-overflow: ellipsis;
}
.note.bad {
  color: var(--bad);
  white-space: normal;
}
.box.over {
  border-style: dashed;
  border-color: var(--accent);
  background: var(--accent-soft);
}
input[type="file"] {
  display: none;
}
.stop,
.send {
  min-inline-size: 88px;
}
/* Under the pointer too, where it is left by whoever has just sent something. */
.send[aria-disabled="true"],
.button.send[aria-disabled="true"]:hover:not(:disabled) {
  background: var(--accent-soft);
  color: var(--accent);
  cursor: default;
}
@media (max-width: 720px) {
  .note.hint {
    visibility: hidden;
  }
  .stop,
  .send {
    min-inline-size: 0;
  }
}
`;
