import './base.css';
import './masthead.css';
import './composer.css';
import './settings.css';
import './lenses.css';
import './manuscript.css';
import './panel.css';
import './actions.css';
import './sign-in.css';
import { mount } from './desk';
import { mountSignOut } from './signin';
import { mountTheme } from './theme';

const desk = document.querySelector<HTMLElement>('main.desk');
const theme = document.querySelector<HTMLButtonElement>('button.theme');
const signOut = document.querySelector<HTMLButtonElement>('button.sign-out');
if (theme) mountTheme(theme);
if (signOut) mountSignOut(signOut);
if (desk) mount(desk);
