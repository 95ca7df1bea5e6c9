/** Integers, bools and the other dtypes on every target, against plain JavaScript. */
import { dtypes, integers } from './cases/integers.ts';
import { language } from './language.ts';

language('language: integers', integers);
language('language: dtypes', dtypes);
