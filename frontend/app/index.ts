import { mount } from './desk';
import { modelOf } from './model';
import { mountTheme } from './theme';

const desk = document.querySelector<HTMLElement>('main.desk');
const theme = document.querySelector<HTMLButtonElement>('button.theme');
if (theme) mountTheme(theme);
if (desk) mount(desk, modelOf(desk));
