using System.Data.SqlTypes;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

internal sealed class DecimalBuilder(DataType type, Decimal128Type arrow) : ColumnBuilder
{
    private Decimal128Array.Builder _values = new(arrow);

    public override void AppendNull() => _values.AppendNull();

    public override void AppendText(ReadOnlySpan<char> text)
    {
        var value = ValueText.Parse(type, text.ToString());
        if (value is SqlDecimal wide)
            _values.Append(wide);
        else
            _values.Append((decimal)value);
    }

    public override IArrowArray Build()
    {
        var built = _values.Build();
        _values = new Decimal128Array.Builder(arrow);
        return built;
    }
}
