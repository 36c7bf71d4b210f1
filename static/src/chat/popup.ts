// A menu that is there only while it is open: a long conversation has a button for hundreds of them.
import { Menu, type MenuItem } from "../ui/menu.js";

/** Opens a menu at `button` and waits for what is chosen; `undefined`: nothing is. */
export function choose(button: HTMLElement, label: string, items: readonly MenuItem[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const menu = new Menu();
    menu.items = items;
    menu.label = label;
    menu.addEventListener("causerie-choose", (event) => {
      event.stopPropagation();
      resolve((event as CustomEvent<string>).detail);
    });
    menu.addEventListener("causerie-closed", (event) => {
      event.stopPropagation();
      button.setAttribute("aria-expanded", "false");
      // The choice is told after the menu has closed.
      setTimeout(() => {
        menu.remove();
        resolve(undefined);
      });
    });
    button.after(menu);
    void menu.updateComplete.then(() => menu.openAt(button));
  });
}
