/** Local arrays on every target, against plain JavaScript. */
import { arrays } from './cases/local-arrays.ts';
import { language } from './language.ts';

language('language: local arrays', arrays);
