using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Grid.Abstractions;

/// <summary>Reads the text form of data types: a recursive descent over at most <see cref="DataType.DepthMax"/> levels.</summary>
internal ref struct DataTypeParser
{
    private const string TypeNames =
        "boolean int8 int16 int32 int64 float32 float64 decimal(10,2) string binary fixed(16) date time timestamp timestamptz uuid "
        + "list<int32> struct<a:int32> map<string,int64>";

    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private DataTypeParser(ReadOnlySpan<char> text) => _text = text;

    public static DataType Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new DataTypeParser(text);
        var type = parser.ReadType(depth: 0);
        parser.SkipSpace();
        if (parser._at < text.Length)
            throw parser.Expected("the end of the type");
        return type;
    }

    /// <summary>Writes a name so that this parser reads it: quoted unless it is a plain word.</summary>
    public static string FormatName(string name)
    {
        var plain = name.Length > 0;
        foreach (var character in name)
            plain &= IsWord(character);
        return plain ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private DataType ReadType(int depth)
    {
        SkipSpace();
        var start = _at;
        var word = ReadWord();
        switch (word.ToString().ToLowerInvariant())
        {
            case "boolean": return DataType.Boolean;
            case "int8": return DataType.Int8;
            case "int16": return DataType.Int16;
            case "int32": return DataType.Int32;
            case "int64": return DataType.Int64;
            case "float32": return DataType.Float32;
            case "float64": return DataType.Float64;
            case "string": return DataType.String;
            case "binary": return DataType.Binary;
            case "date": return DataType.Date;
            case "time": return DataType.Time;
            case "timestamp": return DataType.Timestamp;
            case "timestamptz": return DataType.TimestampUtc;
            case "uuid": return DataType.Uuid;
            case "decimal": return ReadDecimal();
            case "fixed": return ReadFixed();
            case "list": return ReadList(Deeper(depth));
            case "struct": return ReadStruct(Deeper(depth));
            case "map": return ReadMap(Deeper(depth));
            default:
                _at = start;
                throw Expected($"a type (one of {TypeNames})");
        }
    }

    private int Deeper(int depth) =>
        depth < DataType.DepthMax ? depth + 1 : throw Expected($"at most {DataType.DepthMax} nested types");

    private DataType ReadDecimal()
    {
        Take('(');
        var precision = ReadNumber(1, DataType.DecimalPrecisionMax);
        var scale = 0;
        if (TryTake(','))
            scale = ReadNumber(0, precision);
        Take(')');
        return DataType.Decimal(precision, scale);
    }

    private DataType ReadFixed()
    {
        Take('(');
        var length = ReadNumber(1, DataType.FixedLengthMax);
        Take(')');
        return DataType.FixedBinary(length);
    }

    private DataType ReadList(int depth)
    {
        Take('<');
        var element = ReadType(depth);
        var nullable = !TryTakeNotNull();
        Take('>');
        return DataType.List(element, nullable);
    }

    private DataType ReadMap(int depth)
    {
        Take('<');
        var key = ReadType(depth);
        TryTakeNotNull();
        Take(',');
        var value = ReadType(depth);
        var nullable = !TryTakeNotNull();
        Take('>');
        return DataType.Map(key, value, nullable);
    }

    private DataType ReadStruct(int depth)
    {
        var fields = ImmutableArray.CreateBuilder<Column>();
        Take('<');
        do
        {
            var name = ReadName();
            Take(':');
            var type = ReadType(depth);
            fields.Add(new Column(name, type, nullable: !TryTakeNotNull()));
        }
        while (TryTake(','));
        Take('>');
        return DataType.Struct(fields.ToArray());
    }

    private string ReadName()
    {
        if (!TryTake('"'))
        {
            var word = ReadWord();
            return word.IsEmpty ? throw Expected("a field name") : word.ToString();
        }

        var name = new StringBuilder();
        while (true)
        {
            if (_at == _text.Length)
                throw Expected("a closing '\"'");
            var character = _text[_at++];
            if (character == '"')
            {
                if (_at == _text.Length || _text[_at] != '"')
                    return name.ToString();
                _at++;
            }

            name.Append(character);
        }
    }

    private ReadOnlySpan<char> ReadWord()
    {
        SkipSpace();
        var start = _at;
        while (_at < _text.Length && IsWord(_text[_at]))
            _at++;
        return _text[start.._at];
    }

    private int ReadNumber(int min, int max)
    {
        SkipSpace();
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        if (int.TryParse(_text[start.._at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        _at = start;
        throw Expected($"a number from {min} to {max}");
    }

    private bool TryTakeNotNull()
    {
        var start = _at;
        if (ReadWord().Equals("not", StringComparison.OrdinalIgnoreCase))
        {
            if (ReadWord().Equals("null", StringComparison.OrdinalIgnoreCase))
                return true;
            throw Expected("'not null'");
        }

        _at = start;
        return false;
    }

    private void Take(char expected)
    {
        if (!TryTake(expected))
            throw Expected($"'{expected}'");
    }

    private bool TryTake(char expected)
    {
        SkipSpace();
        if (_at == _text.Length || _text[_at] != expected)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';

    private readonly GridException Expected(string what)
    {
        var shown = _text.Length <= 200 ? _text.ToString() : string.Concat(_text[..200], "...");
        return new GridException(GridErrorCode.InvalidSchema, $"'{shown}' is not a data type: expected {what} at character {_at + 1}.");
    }
}
