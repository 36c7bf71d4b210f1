// Files for whoever asks for them: the browser keeps them.

/** `name` empty: the server says what it is called. */
export function keepFile(href: string, name: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}

/** A text in Markdown, by a name that file systems take. */
export function keepText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  keepFile(url, name.replace(/[\\/:*?"<>|\s]+/g, " ").trim());
  setTimeout(() => URL.revokeObjectURL(url));
}
