// What is said of turns, in chats and beside other answers: a host page may have no chat that brings it.
import chat from "../../locales/en.chat.json";
import { extend } from "../core/i18n.js";

extend(chat);
