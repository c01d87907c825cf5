using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

internal sealed class BooleanBuilder : ColumnBuilder
{
    private BooleanArray.Builder _values = new();

    public override void AppendNull() => _values.AppendNull();

    public override void AppendText(ReadOnlySpan<char> text) => _values.Append((bool)ValueText.Parse(DataType.Boolean, text.ToString()));

    public override IArrowArray Build()
    {
        var built = _values.Build();
        _values = new BooleanArray.Builder();
        return built;
    }
}
