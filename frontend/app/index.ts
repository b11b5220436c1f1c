import { mount } from './desk';
import { modelOf } from './model';
import { mountSignOut } from './signin';
import { mountTheme } from './theme';

const desk = document.querySelector<HTMLElement>('main.desk');
const theme = document.querySelector<HTMLButtonElement>('button.theme');
const signOut = document.querySelector<HTMLButtonElement>('button.sign-out');
if (theme) mountTheme(theme);
if (signOut) mountSignOut(signOut);
if (desk) mount(desk, modelOf(desk));
