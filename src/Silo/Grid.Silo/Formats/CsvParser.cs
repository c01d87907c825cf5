using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>
/// Splits delimited text into records (RFC 4180): fields in quotes may hold delimiters, line breaks and doubled quotes. The fields of a record
/// are valid until the next one is read. A record is bounded in length.
/// </summary>
internal sealed class CsvParser(TextReader text, char delimiter) : IDisposable
{
    private const int RecordCharsMax = 16 * 1024 * 1024;

    private readonly List<(int Start, int Length, bool Quoted)> _fields = [];
    private char[] _record = new char[4096];
    private char[] _buffer = new char[1 << 16];
    private int _length;
    private int _at;
    private int _used;

    /// <summary>Fields of the record that <see cref="Read"/> came to.</summary>
    public int Count => _fields.Count;

    /// <summary>The line on which that record begins, from 1.</summary>
    public long Line { get; private set; }

    private long NextLine { get; set; } = 1;

    public ReadOnlySpan<char> this[int field] => _record.AsSpan(_fields[field].Start, _fields[field].Length);

    /// <summary>Whether a field is empty and not in quotes, which stands for null.</summary>
    public bool IsNull(int field) => _fields[field] is { Length: 0, Quoted: false };

    /// <summary>Goes to the next record; blank lines are skipped; false at the end.</summary>
    public bool Read()
    {
        do
        {
            Line = NextLine;
            if (!ReadRecord())
                return false;
        }
        while (Count == 1 && IsNull(0));
        return true;
    }

    public void Dispose() => text.Dispose();

    private bool ReadRecord()
    {
        _fields.Clear();
        _used = 0;
        if (Peek() < 0)
            return false;
        while (true)
        {
            var start = _used;
            var quoted = Peek() == '"';
            if (quoted)
                ReadQuoted();
            ReadPlain();
            _fields.Add((start, _used - start, quoted));
            var end = Next();
            if (end == delimiter)
                continue;
            if (end == '\r' && Peek() == '\n')
                Next();
            NextLine++;
            return true;
        }
    }

    // Up to a delimiter, a line break or the end, which stays unread.
    private void ReadPlain()
    {
        while (Peek() is >= 0 and var c && c != delimiter && c is not ('\r' or '\n'))
            Keep((char)Next());
    }

    private void ReadQuoted()
    {
        Next();
        while (true)
        {
            var c = Next();
            if (c < 0)
                throw new GridException(GridErrorCode.InvalidArgument, $"Line {Line}: a quoted field does not end; close it with '\"' or double the quotes inside it.");
            if (c == '"')
            {
                if (Peek() != '"')
                    return;
                Next();
            }
            else if (c == '\n')
            {
                NextLine++;
            }

            Keep((char)c);
        }
    }

    private void Keep(char c)
    {
        if (_used == _record.Length)
        {
            if (_used >= RecordCharsMax)
                throw new GridException(GridErrorCode.TooLarge, $"Line {Line}: the record has more than {RecordCharsMax} characters; is a quote missing?");
            Array.Resize(ref _record, _record.Length * 2);
        }

        _record[_used++] = c;
    }

    private int Peek()
    {
        if (_at < _length)
            return _buffer[_at];
        _length = text.Read(_buffer, 0, _buffer.Length);
        _at = 0;
        return _length > 0 ? _buffer[0] : -1;
    }

    private int Next()
    {
        var c = Peek();
        if (c >= 0)
            _at++;
        return c;
    }
}
