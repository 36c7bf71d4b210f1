// The texts of the creator's tools and of writing: a host page takes single elements, so each brings them.
import creator from "../../locales/en.creator.json";
import write from "../../locales/en.write.json";
import { extend } from "../core/i18n.js";

extend(creator);
extend(write);
