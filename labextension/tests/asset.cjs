/** What a picture or a style sheet is to a test. */

module.exports = '<svg xmlns="http://www.w3.org/2000/svg"/>';
