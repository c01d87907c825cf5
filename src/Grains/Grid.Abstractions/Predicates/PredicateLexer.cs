namespace Grid.Abstractions;

/// <summary>What a piece of a predicate's text is.</summary>
internal enum TokenKind
{
    /// <summary>Behind the last one.</summary>
    End,

    /// <summary>A plain word: a keyword or a column.</summary>
    Word,

    /// <summary>A column in double quotes.</summary>
    Quoted,

    /// <summary>Text in single quotes.</summary>
    Text,

    /// <summary>A number, with sign.</summary>
    Number,

    /// <summary>A comparison.</summary>
    Operator,

    /// <summary>(</summary>
    Open,

    /// <summary>)</summary>
    Close,

    /// <summary>,</summary>
    Comma,
}

/// <summary>Cuts a predicate's text into tokens, one ahead.</summary>
internal ref struct PredicateLexer
{
    /// <summary>Longest text.</summary>
    public const int TextLengthMax = 64 * 1024;

    private readonly string _text;
    private string _value = "";
    private int _next;

    public PredicateLexer(string text)
    {
        _text = text;
        Advance();
    }

    /// <summary>The kind of the token ahead.</summary>
    public TokenKind Kind { get; private set; }

    /// <summary>Where the token ahead begins.</summary>
    public int Position { get; private set; }

    /// <summary>Takes the token ahead: its text, without quotes.</summary>
    public string Take()
    {
        var value = _value;
        Advance();
        return value;
    }

    public void Take(TokenKind kind, string what)
    {
        if (!TryTake(kind))
            throw Expected(what);
    }

    public bool TryTake(TokenKind kind)
    {
        if (Kind != kind)
            return false;
        Advance();
        return true;
    }

    public void TakeWord(string word)
    {
        if (!TryTakeWord(word))
            throw Expected($"'{word}'");
    }

    public bool TryTakeWord(string word) => IsWord(word) && TryTake(TokenKind.Word);

    public readonly bool IsWord(string word) => Kind == TokenKind.Word && _value.Equals(word, StringComparison.OrdinalIgnoreCase);

    public readonly GridException Expected(string what)
    {
        var around = _text.AsSpan(Math.Max(0, Position - 40), Math.Min(_text.Length - Math.Max(0, Position - 40), 80));
        return new GridException(GridErrorCode.InvalidArgument,
            $"The predicate is wrong at character {Position + 1}, near '{around}': expected {what}.");
    }

    private void Advance()
    {
        while (_next < _text.Length && char.IsWhiteSpace(_text[_next]))
            _next++;
        Position = _next;
        if (_next == _text.Length)
        {
            (Kind, _value) = (TokenKind.End, "");
            return;
        }

        var first = _text[_next];
        switch (first)
        {
            case '\'':
                (Kind, _value) = (TokenKind.Text, ReadQuoted('\''));
                break;
            case '"':
                (Kind, _value) = (TokenKind.Quoted, ReadQuoted('"'));
                break;
            case '(' or ')' or ',':
                (Kind, _value) = (first == '(' ? TokenKind.Open : first == ')' ? TokenKind.Close : TokenKind.Comma, _text.Substring(_next++, 1));
                break;
            case '=' or '!' or '<' or '>':
                (Kind, _value) = (TokenKind.Operator, ReadOperator());
                break;
            default:
                (Kind, _value) = char.IsAsciiDigit(first) || first is '-' or '+' or '.' ? (TokenKind.Number, ReadNumber()) : (TokenKind.Word, ReadWord());
                break;
        }
    }

    private string ReadQuoted(char quote)
    {
        var value = new System.Text.StringBuilder();
        for (var at = _next + 1; at < _text.Length; at++)
        {
            if (_text[at] == quote && (at + 1 == _text.Length || _text[at + 1] != quote))
            {
                _next = at + 1;
                return value.ToString();
            }

            if (_text[at] == quote)
                at++; // doubled: one of them is meant
            value.Append(_text[at]);
        }

        throw Expected($"a closing {quote}");
    }

    private string ReadOperator()
    {
        var two = _next + 2 <= _text.Length ? _text.Substring(_next, 2) : "";
        var value = two is "!=" or "<>" or "<=" or ">=" ? two : _text.Substring(_next, 1);
        if (value == "!")
            throw Expected("'!='");
        _next += value.Length;
        return value;
    }

    private string ReadNumber()
    {
        var start = _next++;
        while (_next < _text.Length && (char.IsAsciiLetterOrDigit(_text[_next]) || _text[_next] == '.' || (_text[_next] is ('-' or '+') && _text[_next - 1] is ('e' or 'E'))))
            _next++;
        return _text[start.._next];
    }

    private string ReadWord()
    {
        var start = _next;
        while (_next < _text.Length && (char.IsLetterOrDigit(_text[_next]) || _text[_next] == '_'))
            _next++;
        return _next > start ? _text[start.._next] : throw Expected("a column, a value, an operator or a parenthesis");
    }
}
