// What is typed and not saved yet: the browser asks before the tab is closed, the router before
// another page is shown.

const owners = new Set<object>();

const ask = (event: BeforeUnloadEvent): void => event.preventDefault();

/** Says of a form whether something in it is not saved. */
export function noteUnsaved(owner: object, unsaved: boolean): void {
  if (unsaved) owners.add(owner);
  else owners.delete(owner);
  // Only while it is needed: a page that listens is kept by no browser for going back.
  if (owners.size) addEventListener("beforeunload", ask);
  else removeEventListener("beforeunload", ask);
}

export const hasUnsaved = (): boolean => owners.size > 0;

/** Whoever leaves has said that it may be lost. */
export function forgetUnsaved(): void {
  owners.clear();
  removeEventListener("beforeunload", ask);
}
