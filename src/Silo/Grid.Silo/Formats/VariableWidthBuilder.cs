using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Text and binary.</summary>
internal sealed class VariableWidthBuilder(DataType type, IArrowType arrow) : ColumnBuilder
{
    private ArrowBuffer.BitmapBuilder _valid = new();
    private ArrowBuffer.Builder<int> _offsets = StartOffsets();
    private ArrowBuffer.Builder<byte> _data = new();
    private byte[] _utf8 = new byte[256];

    public override void AppendNull()
    {
        _offsets.Append(_data.Length);
        _valid.Append(false);
    }

    public override void AppendText(ReadOnlySpan<char> text)
    {
        if (type.Kind == TypeKind.Binary)
        {
            _data.Append(((byte[])ValueText.Parse(type, text.ToString())).AsSpan());
        }
        else
        {
            var most = Encoding.UTF8.GetMaxByteCount(text.Length);
            if (_utf8.Length < most)
                _utf8 = new byte[most];
            _data.Append(_utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8)));
        }

        _offsets.Append(_data.Length);
        _valid.Append(true);
    }

    public override IArrowArray Build()
    {
        var data = new ArrayData(arrow, _valid.Length, _valid.UnsetBitCount, 0, [_valid.Build(), _offsets.Build(), _data.Build()]);
        _valid = new ArrowBuffer.BitmapBuilder();
        _offsets = StartOffsets();
        _data = new ArrowBuffer.Builder<byte>();
        return ArrowArrayFactory.BuildArray(data);
    }

    private static ArrowBuffer.Builder<int> StartOffsets() => new ArrowBuffer.Builder<int>().Append(0);
}
