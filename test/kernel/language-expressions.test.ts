/** Operators, conditions, assignments and numbers on every target, against plain JavaScript. */
import { expressions } from './cases/expressions.ts';
import { language } from './language.ts';

language('language: expressions', expressions);
