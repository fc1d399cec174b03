/** What FORMAT.md says to the cases of the suite `json-parsing`, each by its name. */

/** Valid JSON that FORMAT.md refuses in a document all the same, and why. */
export const REFUSED_BEYOND_THE_GRAMMAR: Record<string, string> = {
  'y_object_duplicated_key.json': 'json_duplicate_key',
};

/** What the suite leaves open. */
export const LEFT_OPEN: Record<string, string | null> = {
  'i_number_huge_exp.json': null,
  'i_number_pos_double_huge_exp.json': null,
  'i_number_real_pos_overflow.json': null,
  'i_number_too_big_neg_int.json': null,
  'i_number_very_big_negative_int.json': null,
  'i_string_1st_surrogate_but_2nd_missing.json': 'json_surrogate',
  'i_string_UTF-16LE_with_BOM.json': 'json_not_utf8',
  'i_string_UTF8_surrogate_U+D800.json': 'json_not_utf8',
  'i_string_incomplete_surrogate_pair.json': 'json_surrogate',
  'i_string_invalid_lonely_surrogate.json': 'json_surrogate',
  'i_string_invalid_utf-8.json': 'json_not_utf8',
  'i_string_iso_latin_1.json': 'json_not_utf8',
  'i_string_lone_utf8_continuation_byte.json': 'json_not_utf8',
  'i_string_overlong_sequence_2_bytes.json': 'json_not_utf8',
  'i_string_overlong_sequence_6_bytes_null.json': 'json_not_utf8',
  'i_string_utf16BE_no_BOM.json': 'json_not_utf8',
  'i_structure_500_nested_arrays.json': 'json_depth',
};

/** The case as the member of a document. */
export const asMember = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from('{"v": '), bytes, Buffer.from('}')]);
